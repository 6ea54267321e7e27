//! The routes of the RPC, one row for each.
//!
//! In: nothing.
//! Out: each route's method, path and kind of answer.
//! Always: a node serves these paths and no others.
//! Not for the behaviour of a route: the rule that its row names has it.

/// A method of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The request reads.
    Get,
    /// The request submits something.
    Post,
}

/// One row of [`ROUTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The route of this row.
    pub route: Route,
    /// The only method of this path.
    pub method: Method,
    /// Its path; a part in braces is variable.
    pub path: &'static str,
    /// The rule of specs/rpc.md.
    pub rule: &'static str,
    /// Whether its answer may be longer than 1 MiB.
    pub is_long: bool,
}

macro_rules! routes {
    ($($(#[$about:meta])* $name:ident $method:ident $path:literal $rule:literal $is_long:literal;)+) => {
        /// A request that a node answers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Route {
            $($(#[$about])* $name,)+
        }

        /// All routes, in the order of [`Route`].
        pub const ROUTES: &[Row] = &[$(Row {
            route: Route::$name,
            method: Method::$method,
            path: $path,
            rule: $rule,
            is_long: $is_long,
        },)+];

        impl Route {
            /// The row of this route in [`ROUTES`].
            pub fn row(self) -> &'static Row {
                &ROUTES[self as usize]
            }
        }
    };
}

routes! {
    /// Submits a transaction.
    Submit Post "/v1/transactions" "R2" true;
    /// Asks for the status of a transaction.
    Transaction Get "/v1/transactions/{id}" "R3" true;
    /// Reads a page of entries.
    Entries Get "/v1/entries" "R4" true;
    /// Reads one entry.
    Entry Get "/v1/entries/{index}" "R4" false;
    /// Reads an entry's receipt.
    Receipt Get "/v1/receipts/{index}" "R5" false;
    /// Looks up entries by a file's SHA-256.
    Digest Get "/v1/digests/{sha256}" "R6" false;
    /// Reads the newest checkpoint with a quorum.
    Checkpoint Get "/v1/checkpoint" "R7" false;
    /// Asks for a proof that one size of the log continues another.
    Consistency Get "/v1/checkpoint/consistency" "R7" false;
    /// Reads the policy.
    Policy Get "/v1/policy" "R8" false;
    /// Reads the genesis.
    Genesis Get "/v1/genesis" "R8" true;
    /// Asks for the state of the network.
    Status Get "/v1/status" "R9" false;
    /// Asks whether the node records.
    Health Get "/v1/health" "R10" false;
    /// Asks whether the node hangs.
    Live Get "/v1/live" "R27" false;
    /// Asks whether the node can record now.
    Ready Get "/v1/ready" "R27" false;
    /// Reads the metrics.
    Metrics Get "/metrics" "R10" false;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_route_has_its_row_and_the_specification_names_it() {
        let specification = include_str!("../../../specs/rpc.md");
        for row in ROUTES {
            assert_eq!(row.route.row(), row);
            assert!(specification.contains(row.path), "{} is not in specs/rpc.md", row.path);
            assert!(specification.contains(&format!("* **{}", row.rule)), "{}", row.rule);
        }
    }

    #[test]
    fn the_specification_has_no_other_paths() {
        let specification = include_str!("../../../specs/rpc.md");
        let words = specification.split('`').skip(1).step_by(2).flat_map(str::split_whitespace);
        for path in words.filter(|word| word.starts_with("/v1/")) {
            let plain = path.split(['?', '[']).next().unwrap();
            assert!(ROUTES.iter().any(|row| row.path == plain), "{plain} is no route");
        }
    }
}
