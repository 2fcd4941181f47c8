"""Tests of the policy pack, through its own analyzer."""
