//! Named causal graphs on petgraph: variables with units and ranges, orders, ancestors, mutilated views.
