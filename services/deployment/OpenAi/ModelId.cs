namespace InternPlatform.Deployment.OpenAi;

/// <summary>A model id is a deployment's name or id, or that, a colon and the name of one of its adapters.</summary>
internal static class ModelId
{
    public static string Of(string deployment, string? adapter) => adapter is null ? deployment : $"{deployment}:{adapter}";

    public static (string Deployment, string? Adapter) Parts(string model)
    {
        var colon = model.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? (model, null) : (model[..colon], model[(colon + 1)..]);
    }

    /// <summary>The deployment that serves this model id.</summary>
    public static async Task<DeploymentRow?> ServingAsync(this DeploymentDb db, string model, CancellationToken cancellationToken)
    {
        var (deployment, adapter) = Parts(model);
        var row = await db.OneAsync(deployment, cancellationToken);
        return adapter is null || row?.Adapters().Any(served => served.Name == adapter) == true ? row : null;
    }
}
