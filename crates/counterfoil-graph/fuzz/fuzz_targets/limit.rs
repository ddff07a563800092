//! No target may hold more than 1 GiB: beyond it an allocation fails, which ends the target and is a finding.

use std::alloc::System;

#[global_allocator]
static LIMIT: cap::Cap<System> = cap::Cap::new(System, 1 << 30);
