"""The gRPC provider `pulumi-resource-host` and the base it shares with the stand-in plugins of the lab."""
