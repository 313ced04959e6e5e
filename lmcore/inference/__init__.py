"""What is asked of a model: probabilities, samples, explanations, games. How it was trained is `lmcore.training`."""
