//! courtseal-tests
