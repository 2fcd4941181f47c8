"""Declare as many containers as the bench asks for; each keeps every rule."""

import os

import pulumi
import pulumi_docker as docker

provider = docker.Provider("docker", docker.ProviderArgs(host="ssh://deploy@203.0.113.7:22"))
for index in range(int(os.environ["BENCH_CONTAINERS"])):
    docker.Container(
        f"web-{index}",
        docker.ContainerArgs(
            name=f"dev-shop-web-{index}",
            image=f"ghcr.io/example/shop@sha256:{'a' * 64}",
            user="10001:10001",
            memory=256,
            memory_swap=256,
            cpus="0.5",
            ulimits=[docker.ContainerUlimitArgs(name="nproc", soft=512, hard=512)],
            read_only=True,
            tmpfs={"/tmp": "size=64m"},
            restart="unless-stopped",
            log_driver="json-file",
            log_opts={"max-size": "10m", "max-file": "3"},
            healthcheck=docker.ContainerHealthcheckArgs(tests=["CMD", "true"], interval="5s"),
            capabilities=docker.ContainerCapabilitiesArgs(drops=["ALL"]),
            security_opts=["no-new-privileges:true"],
            networks_advanced=[docker.ContainerNetworksAdvancedArgs(name="dev-shop")],
            envs=["LOG_LEVEL=info", "DB_PASSWORD_FILE=/run/secrets/password"],
            labels=[docker.ContainerLabelArgs(label="slipway.product", value="shop")],
        ),
        pulumi.ResourceOptions(provider=provider),
    )
