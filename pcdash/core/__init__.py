"""The domain: shapes, descriptor, models, training, inference. Knows neither web nor disk."""
