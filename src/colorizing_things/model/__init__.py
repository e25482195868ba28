"""The network: its card, where it is found, and how it is run. The only package with ONNX Runtime."""
