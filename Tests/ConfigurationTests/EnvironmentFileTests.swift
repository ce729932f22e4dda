import Configuration
import Testing

struct EnvironmentFileTests {
    @Test func linesAreReadAsTheStackReadsThem() {
        let file = EnvironmentFile(
            """
            # a comment
            A=1
             export B = "two words" \r
            C='#no comment'
            D=x#y # a comment
            E=
            2F=no
            G=first
            G=second
            nothing
            """)
        #expect(
            file.values == ["A": "1", "B": "two words", "C": "#no comment", "D": "x#y", "E": "", "G": "first"])
    }

    @Test func secretsAreTakenOutAndNothingElse() {
        let text = """
            # mine
            PORT=5000
            JWT_SECRET_KEY=abc
            DATABASE_URL=postgresql://app:p%40ss@db:5432/main?sslmode=require
            TENANT_DATABASE_URL_TEMPLATE=postgresql://other:x@db/{database_name}
            S3_SECRET_KEY='s3'

            """
        let secrets = SecretsOfFile(text)
        #expect(
            secrets.fields == ["jwt_secret": "abc", "db_user": "app", "db_password": "p@ss", "s3_secret_key": "s3"])
        #expect(
            secrets.rest == """
                # mine
                PORT=5000
                DATABASE_URL=postgresql://db:5432/main?sslmode=require
                TENANT_DATABASE_URL_TEMPLATE=postgresql://other:x@db/{database_name}

                """)
        #expect(secrets.names == ["JWT_SECRET_KEY", "S3_SECRET_KEY", "DATABASE_URL"])
    }
}
