namespace InternPlatform.Portal.Clients;

/// <summary>A relative address with its query; parameters without a value are left out.</summary>
public static class Query
{
    public static string Of(string path, params (string Name, string? Value)[] parameters)
    {
        var given = parameters.Where(parameter => !string.IsNullOrEmpty(parameter.Value))
            .Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(parameter.Value!)}");
        var query = string.Join('&', given);
        return query.Length == 0 ? path : $"{path}?{query}";
    }
}
