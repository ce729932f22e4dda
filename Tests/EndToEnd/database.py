"""Looks into a stack's own PostgreSQL, for what the API does not show."""

import subprocess


class Database:
    """The main database, or a tenant's."""

    def __init__(self, stack, name="saas_main"):
        self.stack, self.name = stack, name

    def tenant(self, tenant_id):
        [name] = self.column(f"SELECT database_name FROM tenants WHERE id = '{tenant_id}'")
        return Database(self.stack, name)

    def column(self, sql):
        """The lines of the result, each as text."""
        done = self._psql(sql)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def failure(self, sql):
        """What the server says of a statement that must fail."""
        done = self._psql(sql)
        assert done.returncode != 0, f"{sql} did not fail"
        return done.stderr

    def _psql(self, sql):
        return subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql],
                              env=self.stack.psql_environment(self.name), capture_output=True, text=True, timeout=30)
