"""The audit's own work: signing, giving out, disclosing, forgetting, copying, rescuing."""
