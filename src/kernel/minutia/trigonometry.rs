//! Sine and cosine in fixed point, from one table of a quarter turn, so that a quarter turn is exact:
//! the cosine of an angle is the sine of the angle a quarter further, digit for digit.

/// One in the unit of this module.
pub const ONE: i32 = 1 << 14;

/// `ONE * sin(k/512 turn)`, nearest integers, for k from 0 to 128.
const QUARTER: [i16; 129] = [
    0, 201, 402, 603, 804, 1005, 1205, 1406, 1606, 1806, 2006, 2205, 2404, 2603, 2801, 2999, 3196,
    3393, 3590, 3786, 3981, 4176, 4370, 4563, 4756, 4948, 5139, 5330, 5520, 5708, 5897, 6084, 6270,
    6455, 6639, 6823, 7005, 7186, 7366, 7545, 7723, 7900, 8076, 8250, 8423, 8595, 8765, 8935, 9102,
    9269, 9434, 9598, 9760, 9921, 10080, 10238, 10394, 10549, 10702, 10853, 11003, 11151, 11297,
    11442, 11585, 11727, 11866, 12004, 12140, 12274, 12406, 12537, 12665, 12792, 12916, 13039,
    13160, 13279, 13395, 13510, 13623, 13733, 13842, 13949, 14053, 14155, 14256, 14354, 14449,
    14543, 14635, 14724, 14811, 14896, 14978, 15059, 15137, 15213, 15286, 15357, 15426, 15493,
    15557, 15619, 15679, 15736, 15791, 15843, 15893, 15941, 15986, 16029, 16069, 16107, 16143,
    16176, 16207, 16235, 16261, 16284, 16305, 16324, 16340, 16353, 16364, 16373, 16379, 16383,
    16384,
];

/// Sine of `angle` in 1/512 of a turn (any value), times [`ONE`].
pub const fn sine(angle: u32) -> i32 {
    let within = (angle & 127) as usize;
    match (angle >> 7) & 3 {
        0 => QUARTER[within] as i32,
        1 => QUARTER[128 - within] as i32,
        2 => -(QUARTER[within] as i32),
        _ => -(QUARTER[128 - within] as i32),
    }
}

/// Cosine of `angle` in 1/512 of a turn (any value), times [`ONE`].
pub const fn cosine(angle: u32) -> i32 {
    sine(angle.wrapping_add(128))
}

/// Cosines and sines of the 256 directions of a minutia, times [`ONE`].
pub const DIRECTIONS: [(i32, i32); 256] = {
    let mut table = [(0, 0); 256];
    let mut direction = 0;
    while direction < 256 {
        table[direction] = (cosine(2 * direction as u32), sine(2 * direction as u32));
        direction += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_sine_to_half_a_unit_and_quarter_turns_are_exact() {
        for angle in 0..512u32 {
            let exact = f64::from(ONE) * (f64::from(angle) / 512.0 * std::f64::consts::TAU).sin();
            assert!((f64::from(sine(angle)) - exact).abs() <= 0.5, "{angle}");
            assert_eq!(sine(angle + 128), cosine(angle));
            assert_eq!(cosine(angle + 128), -sine(angle));
            assert_eq!(sine(angle + 256), -sine(angle));
        }
    }
}
