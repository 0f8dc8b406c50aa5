"""Tools that an assistant may call: declared, allowlisted, checked, limited, approved and audited."""
