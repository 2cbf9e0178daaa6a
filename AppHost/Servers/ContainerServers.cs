namespace InternPlatform.AppHost.Servers;

/// <summary>Broker and database by Aspire's integrations, MinIO as a container; their data in volumes that outlive them.</summary>
internal static class ContainerServers
{
    public static ServerAddresses Add(IDistributedApplicationBuilder builder)
    {
        var rabbit = builder.AddRabbitMQ("rabbitmq").WithDataVolume();
        var postgres = builder.AddPostgres("postgres").WithDataVolume();
        var key = builder.AddParameter("minio-user", "intern");
        var secret = builder.AddParameter("minio-password", new GenerateParameterDefault { MinLength = 24, Special = false }, secret: true);
        var minio = builder.AddContainer("minio", "minio/minio")
            .WithArgs("server", "/data")
            .WithEnvironment("MINIO_ROOT_USER", key)
            .WithEnvironment("MINIO_ROOT_PASSWORD", secret)
            .WithVolume("intern-minio", "/data")
            .WithHttpEndpoint(targetPort: 9000)
            .WithHttpHealthCheck("/minio/health/ready");
        return new ServerAddresses(
            rabbit.Resource.ConnectionStringExpression,
            ReferenceExpression.Create($"{postgres.Resource.ConnectionStringExpression};Database={{name}};Maximum Pool Size=20"),
            ReferenceExpression.Create($"http://{key}:{secret}@{minio.GetEndpoint("http").Property(EndpointProperty.HostAndPort)}/{ServerAddresses.Bucket}"),
            [rabbit, postgres, minio]);
    }
}
