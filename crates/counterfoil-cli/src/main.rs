//! The binary `counterfoil`: parse, call one library function, print.
fn main() {}
