"""Dashboards of Grafana: tables of panels in Python, JSON for whoever shows them."""
