"""The bank's tables. Amounts are whole US cents; days are texts such as 2025-11-14."""

from __future__ import annotations

TABLES = """
CREATE TABLE customers (
    user_id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, phone TEXT NOT NULL, address TEXT NOT NULL,
    date_of_birth TEXT NOT NULL, customer_since TEXT NOT NULL
) STRICT;
CREATE TABLE accounts (
    account_id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES customers,
    kind TEXT NOT NULL CHECK (kind IN ('checking', 'savings')), name TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('OPEN', 'CLOSED')), balance_cents INTEGER NOT NULL, opened TEXT NOT NULL
) STRICT;
CREATE TABLE cards (
    card_id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES customers,
    kind TEXT NOT NULL CHECK (kind IN ('credit', 'debit')), name TEXT NOT NULL,
    account_id TEXT REFERENCES accounts, last_four TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('ACTIVE', 'FROZEN', 'CANCELLED', 'CLOSED')),
    balance_cents INTEGER, limit_cents INTEGER, reward_points INTEGER, opened TEXT NOT NULL, expires TEXT NOT NULL
) STRICT;
CREATE TABLE transactions (
    transaction_id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES customers, account_id TEXT NOT NULL,
    day TEXT NOT NULL, description TEXT NOT NULL, category TEXT NOT NULL, amount_cents INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'posted', 'refunded'))
) STRICT;
CREATE TABLE referrals (
    referral_id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES customers, product TEXT NOT NULL,
    status TEXT NOT NULL, updated TEXT NOT NULL
) STRICT;
CREATE TABLE applications (
    application_id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES customers, card_type TEXT NOT NULL,
    annual_income_cents INTEGER NOT NULL, rho_bank_plus INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('PENDING', 'APPROVED', 'DENIED')), submitted TEXT NOT NULL
) STRICT;
CREATE TABLE disputes (
    dispute_id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES customers,
    transaction_id TEXT NOT NULL UNIQUE REFERENCES transactions, reason TEXT NOT NULL, resolution TEXT NOT NULL,
    contacted_merchant INTEGER NOT NULL, noticed TEXT NOT NULL, status TEXT NOT NULL, submitted TEXT NOT NULL
) STRICT;
CREATE TABLE orders (
    order_id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES customers, card_id TEXT NOT NULL REFERENCES cards,
    reason TEXT NOT NULL, speed TEXT NOT NULL, fee_cents INTEGER NOT NULL, status TEXT NOT NULL,
    ordered TEXT NOT NULL, expected TEXT NOT NULL
) STRICT;
CREATE TABLE handovers (
    handover_id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES customers, summary TEXT NOT NULL, day TEXT NOT NULL
) STRICT;
CREATE TABLE finished (
    idempotency_key TEXT PRIMARY KEY, result TEXT NOT NULL
) STRICT;
"""
