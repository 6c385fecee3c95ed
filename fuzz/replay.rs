//! What the ordinary tests do with what is kept of fuzzing; a module of each crate that has targets.

/// What is kept for a target.
pub(crate) fn seeds(target: &str) -> Vec<Vec<u8>> {
    let kept = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fuzz/seeds");
    let mut paths: Vec<_> =
        std::fs::read_dir(kept.join(target)).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// Hands every kept input to `target`, and `n_changed` changed copies of each: always the same ones.
pub(crate) fn replay(name: &str, n_changed: usize, target: impl Fn(&[u8])) {
    let seeds = seeds(name);
    assert!(!seeds.is_empty());
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    for seed in &seeds {
        target(seed);
        for _ in 0..n_changed {
            let mut bytes = seed.clone();
            for _ in 0..=random(4) {
                let at = random(bytes.len());
                match random(5) {
                    0 => bytes.truncate(at),
                    1 => bytes.insert(at, random(256) as u8),
                    2 => {
                        let other = &seeds[random(seeds.len())];
                        let from = random(other.len());
                        bytes.truncate(at);
                        bytes.extend_from_slice(&other[from..]);
                    }
                    3 => {
                        let piece: Vec<u8> = bytes[at..].iter().take(random(64)).copied().collect();
                        let to = random(bytes.len());
                        bytes.splice(to..to, piece);
                    }
                    _ => {
                        if let Some(byte) = bytes.get_mut(at) {
                            *byte ^= 1 << random(8);
                        }
                    }
                }
            }
            target(&bytes);
        }
    }
}
