//! Whether the processor can run whisper.cpp as it was built.

/// The instruction sets of the build that this processor lacks, joined for a person to read.
///
/// `None` when nothing is missing. The list is that of `.cargo/config.toml`.
pub(crate) fn missing_instructions() -> Option<String> {
    #[cfg(target_arch = "x86_64")]
    let has = [
        ("AVX", std::arch::is_x86_feature_detected!("avx")),
        ("AVX2", std::arch::is_x86_feature_detected!("avx2")),
        ("FMA", std::arch::is_x86_feature_detected!("fma")),
        ("F16C", std::arch::is_x86_feature_detected!("f16c")),
        ("BMI2", std::arch::is_x86_feature_detected!("bmi2")),
    ];
    #[cfg(not(target_arch = "x86_64"))]
    let has: [(&str, bool); 0] = [];
    missing_of(&has)
}

fn missing_of(has: &[(&str, bool)]) -> Option<String> {
    let missing: Vec<_> = has.iter().filter(|(_, there)| !there).map(|(name, _)| *name).collect();
    (!missing.is_empty()).then(|| missing.join(", "))
}

#[cfg(test)]
mod tests {
    use super::missing_of;

    #[test]
    fn every_missing_instruction_set_is_named() {
        assert_eq!(missing_of(&[("AVX", true), ("AVX2", true)]), None);
        let missing = missing_of(&[("AVX", true), ("AVX2", false), ("FMA", false)]);
        assert_eq!(missing.as_deref(), Some("AVX2, FMA"));
    }
}
