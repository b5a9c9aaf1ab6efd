"""The processes: gateway, engine, outbox, the demo phone, and the supervisor that keeps them up."""
