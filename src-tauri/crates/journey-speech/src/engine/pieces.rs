//! Long sound in pieces, cut where it is quiet, so that memory stays flat.

use journey_domain::timeline::SAMPLE_RATE_HZ;

/// Longest piece that is transcribed at once: 5 minutes, of which whisper.cpp takes some 50 MB. A cut costs it half
/// a window on average, which is a twentieth of that.
pub const MAX_PIECE_SAMPLES: usize = 300 * SAMPLE_RATE_HZ as usize;

/// Where to look for a quiet place: the last minute of a full piece.
const SEARCH_SAMPLES: usize = 60 * SAMPLE_RATE_HZ as usize;

/// Loudness is compared over stretches of 200 ms: longer than a stop consonant.
const QUIET_SAMPLES: usize = SAMPLE_RATE_HZ as usize / 5;

/// Collects blocks of 16 kHz mono sound and hands them out as pieces of at most
/// [`MAX_PIECE_SAMPLES`], cut in the middle of the quietest 200 ms of their last minute.
///
/// The pieces joined are the blocks joined: no sample is lost or doubled.
#[derive(Debug, Default)]
pub struct PieceCutter {
    held: Vec<i16>,
    n_given: u64,
}

/// A stretch of sound and where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Index of the first sample in the whole.
    pub first_sample: u64,
    /// The samples.
    pub samples: Vec<i16>,
}

impl PieceCutter {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a block and gives back the pieces that it fills.
    pub fn push(&mut self, block: &[i16]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut rest = block;
        // Growing by doubling would leave holes of the size of a piece in the heap.
        self.held.reserve_exact(MAX_PIECE_SAMPLES.saturating_sub(self.held.len()));
        while self.held.len() + rest.len() > MAX_PIECE_SAMPLES {
            let (now, later) = rest.split_at((MAX_PIECE_SAMPLES - self.held.len()).min(rest.len()));
            self.held.extend_from_slice(now);
            rest = later;
            let cut = quiet_cut(&self.held);
            let tail = self.held.split_off(cut);
            pieces.push(self.give(tail));
        }
        self.held.extend_from_slice(rest);
        pieces
    }

    /// The last piece, where anything is left.
    pub fn finish(&mut self) -> Option<Piece> {
        if self.held.is_empty() { None } else { Some(self.give(Vec::new())) }
    }

    fn give(&mut self, next: Vec<i16>) -> Piece {
        let samples = std::mem::replace(&mut self.held, next);
        let first_sample = self.n_given;
        self.n_given += samples.len() as u64;
        Piece { first_sample, samples }
    }
}

/// Where to cut a full piece: the middle of the quietest stretch in its last minute.
pub(super) fn quiet_cut(piece: &[i16]) -> usize {
    let from = piece.len().saturating_sub(SEARCH_SAMPLES);
    let (_, tail) = piece.split_at(from);
    tail.chunks_exact(QUIET_SAMPLES)
        .enumerate()
        .min_by_key(|(_, stretch)| stretch.iter().map(|s| u64::from(s.unsigned_abs())).sum::<u64>())
        .map_or(piece.len(), |(idx, _)| from + idx * QUIET_SAMPLES + QUIET_SAMPLES / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn the_pieces_joined_are_the_blocks_joined(
            lengths in prop::collection::vec(0usize..4_000_000, 0..10),
        ) {
            let n: usize = lengths.iter().sum();
            let whole: Vec<i16> = (0..n).map(|i| (i * 7919 % 65_521) as u16 as i16).collect();
            let mut cutter = PieceCutter::new();
            let mut joined = Vec::new();
            let mut at = 0;
            for length in lengths {
                for piece in cutter.push(&whole[at..at + length]) {
                    prop_assert_eq!(piece.first_sample, joined.len() as u64);
                    prop_assert!(piece.samples.len() <= MAX_PIECE_SAMPLES);
                    joined.extend(piece.samples);
                }
                at += length;
            }
            joined.extend(cutter.finish().map(|p| p.samples).unwrap_or_default());
            prop_assert!(joined == whole);
        }
    }

    #[test]
    fn a_piece_is_cut_in_the_pause_near_its_end() {
        let mut audio = vec![9000i16; MAX_PIECE_SAMPLES + 10];
        let pause = MAX_PIECE_SAMPLES - 20 * 16_000..MAX_PIECE_SAMPLES - 19 * 16_000;
        audio[pause.clone()].fill(3);
        let cut = PieceCutter::new().push(&audio)[0].samples.len();
        assert!(pause.contains(&cut), "cut at {cut}");
    }
}
