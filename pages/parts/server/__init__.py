"""What answers before a page does: middlewares, routes, the door of a class, host names, uploads."""
