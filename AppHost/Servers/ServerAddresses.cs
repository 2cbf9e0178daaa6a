namespace InternPlatform.AppHost.Servers;

/// <summary>Where broker, database and artefact store are, and what a service waits for before it starts.</summary>
/// <param name="Bus">An <c>amqp://</c> address.</param>
/// <param name="Database">A connection string in which <c>{name}</c> stands for the service.</param>
/// <param name="Artifacts">Address of the S3 server with key, secret and bucket.</param>
/// <param name="All">The resources.</param>
internal sealed record ServerAddresses(ReferenceExpression Bus, ReferenceExpression Database, ReferenceExpression Artifacts, IReadOnlyList<IResourceBuilder<IResource>> All)
{
    public const string Bucket = "intern";

    /// <summary>Containers where an engine answers, and in what is published for a cloud; programs of this machine otherwise.</summary>
    public static ServerAddresses Add(IDistributedApplicationBuilder builder, string data) =>
        builder.ExecutionContext.IsPublishMode || ContainerEngine.Answers ? ContainerServers.Add(builder) : LocalServers.Add(builder, data);
}
