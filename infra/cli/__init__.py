"""The `slipway` command: what people do besides `pulumi preview` and `pulumi up`, one module a verb."""
