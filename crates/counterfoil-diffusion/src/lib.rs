//! Noise levels, schedules, grids and sampler plans in f64, generic over the array type.
