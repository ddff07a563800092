//! Over libtorch: device, precision, noise, layers, optimiser, EMA, safetensors, image tensors.
