//! Which instruction set the kernels run on: chosen once, stated, never changed silently.
//!
//! `TANBA_SIMD=scalar|baseline|neon|avx2|avx512` forces a choice; a value that is unknown or that
//! this processor lacks is an error. Results are the same at every level.

use std::fmt;

use fearless_simd::Level;

/// Environment variable that forces a level.
pub const SIMD_VARIABLE: &str = "TANBA_SIMD";

/// An instruction set, slowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SimdLevel {
    /// The reference functions themselves.
    Scalar,
    /// What every processor of this architecture has (SSE2 on x86-64).
    Baseline,
    /// 128-bit vectors of 64-bit ARM.
    Neon,
    /// 256-bit vectors (x86-64-v3).
    Avx2,
    /// 512-bit vectors (Ice Lake and Zen 4 on).
    Avx512,
}

/// Why a forced level cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SimdError {
    /// No level has this name.
    #[error("{SIMD_VARIABLE} is one of scalar, baseline, neon, avx2, avx512; found {found:?}")]
    Unknown {
        /// The value found.
        found: String,
    },
    /// The processor lacks it.
    #[error("{SIMD_VARIABLE} asks for {level}, which this processor does not have")]
    Unavailable {
        /// The level asked for.
        level: SimdLevel,
    },
}

impl SimdLevel {
    /// Every level, slowest first.
    pub const ALL: [SimdLevel; 5] = [
        SimdLevel::Scalar,
        SimdLevel::Baseline,
        SimdLevel::Neon,
        SimdLevel::Avx2,
        SimdLevel::Avx512,
    ];

    /// Lower-case name, as in [`SIMD_VARIABLE`].
    pub const fn name(self) -> &'static str {
        match self {
            SimdLevel::Scalar => "scalar",
            SimdLevel::Baseline => "baseline",
            SimdLevel::Neon => "neon",
            SimdLevel::Avx2 => "avx2",
            SimdLevel::Avx512 => "avx512",
        }
    }

    /// The levels this processor has, slowest first; the first is always [`SimdLevel::Scalar`].
    pub fn available() -> Vec<SimdLevel> {
        Self::ALL.into_iter().filter(|level| level.is_available()).collect()
    }

    /// The level to use: the forced one, else the fastest available.
    ///
    /// # Errors
    /// [`SIMD_VARIABLE`] holds an unknown name or a level this processor lacks.
    pub fn detect() -> Result<SimdLevel, SimdError> {
        match std::env::var_os(SIMD_VARIABLE) {
            None => Ok(Self::fastest()),
            Some(value) => Self::forced(&value.to_string_lossy()),
        }
    }

    /// The fastest level this processor has.
    pub fn fastest() -> SimdLevel {
        Self::available().pop().unwrap_or(SimdLevel::Scalar)
    }

    /// The level called `name`, if this processor has it.
    ///
    /// # Errors
    /// As [`Self::detect`].
    pub fn forced(name: &str) -> Result<SimdLevel, SimdError> {
        let level = Self::ALL
            .into_iter()
            .find(|level| level.name() == name)
            .ok_or_else(|| SimdError::Unknown { found: name.chars().take(80).collect() })?;
        if level.is_available() { Ok(level) } else { Err(SimdError::Unavailable { level }) }
    }

    fn is_available(self) -> bool {
        self == SimdLevel::Scalar || self.token().is_some()
    }

    /// Proof for the vector library that the level exists; `None` for scalar and absent levels.
    pub(super) fn token(self) -> Option<Level> {
        match self {
            SimdLevel::Scalar => None,
            SimdLevel::Baseline => (!cfg!(target_arch = "aarch64")).then(Level::baseline),
            #[cfg(target_arch = "aarch64")]
            SimdLevel::Neon => Level::new().as_neon().map(Level::Neon),
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx2 => Level::new().as_avx2().map(Level::Avx2),
            #[cfg(target_arch = "x86_64")]
            SimdLevel::Avx512 => Level::new().as_avx512().map(Level::Avx512),
            #[allow(unreachable_patterns, reason = "which levels remain depends on the target")]
            _ => None,
        }
    }
}

impl fmt::Display for SimdLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forced_level_is_used_or_refused_but_never_replaced() {
        assert_eq!(SimdLevel::forced("scalar"), Ok(SimdLevel::Scalar));
        assert_eq!(
            SimdLevel::forced("AVX2 "),
            Err(SimdError::Unknown { found: "AVX2 ".to_owned() })
        );
        for level in SimdLevel::ALL {
            let expected = if SimdLevel::available().contains(&level) {
                Ok(level)
            } else {
                Err(SimdError::Unavailable { level })
            };
            assert_eq!(SimdLevel::forced(level.name()), expected);
        }
    }

    #[test]
    fn the_fastest_level_is_the_last_available() {
        assert_eq!(SimdLevel::available().first(), Some(&SimdLevel::Scalar));
        assert_eq!(SimdLevel::available().last(), Some(&SimdLevel::fastest()));
    }
}
