"""Alerts and their settings, judged by Prometheus's and Alertmanager's own tools."""
