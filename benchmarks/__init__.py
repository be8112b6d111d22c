"""Speed and size, as ratios of two things measured side by side in one run; not part of the product."""
