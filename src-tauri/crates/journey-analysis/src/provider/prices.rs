//! What tokens cost, from a small dated table.

const TABLE: &str = include_str!("../../../../../assets/prices/providers.v1.tsv");

/// US dollars for a million tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Price {
    input: f64,
    output: f64,
}

impl Price {
    /// The cost of so many tokens in US dollars.
    pub(crate) fn cost(&self, tokens_in: u64, tokens_out: u64) -> f64 {
        (tokens_in as f64 * self.input + tokens_out as f64 * self.output) / 1e6
    }
}

/// The price of a model, by its name or its name before a date (`-2025-04-14`); `None` where the
/// table has none.
pub(crate) fn price(provider: &str, model: &str) -> Option<Price> {
    TABLE.lines().filter(|l| !l.starts_with('#')).find_map(|line| {
        let mut columns = line.split('\t');
        let (_day, of, name) = (columns.next()?, columns.next()?, columns.next()?);
        let rest = model.strip_prefix(name)?;
        let dated =
            rest.is_empty() || rest.strip_prefix('-').is_some_and(|date| date.starts_with("20"));
        (of == provider && dated).then_some(())?;
        Some(Price { input: columns.next()?.parse().ok()?, output: columns.next()?.parse().ok()? })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_models_of_the_provider_have_a_price() {
        let mini = price("openai", "gpt-4o-mini-2024-07-18").unwrap();
        assert!((mini.cost(1_000_000, 1_000_000) - 0.75).abs() < 1e-9);
        assert_eq!(price("openai", "gpt-4o-mega"), None);
        assert_eq!(price("compatible", "gpt-4o-mini"), None);
    }

    #[test]
    fn every_line_of_the_table_is_a_day_and_a_price() {
        for line in TABLE.lines().filter(|l| !l.starts_with('#')) {
            let columns: Vec<&str> = line.split('\t').collect();
            assert_eq!(columns.len(), 5, "{line}");
            columns[0].parse::<jiff::civil::Date>().unwrap();
            assert!(price(columns[1], columns[2]).is_some(), "{line}");
        }
    }
}
