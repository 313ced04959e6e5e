"""What stands on the view *How far back* beside its gradients."""
