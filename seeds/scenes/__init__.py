"""The scenes that `seeds.scenarios` registers, one module per noun."""
