//! The program of the comparison in the guide, as it is beside the mistakes that are made of it.

include!("../../../ui/peers_without_a_fault.rs");
