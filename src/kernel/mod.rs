//! Pure integer arithmetic on slices: planes, screens, counts.
