using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;

namespace InternPlatform.Services.Tests.Edge;

/// <summary>A method and a pattern of the running platform.</summary>
public sealed partial record PlatformRoute(string Method, string Pattern)
{
    public string Key => $"{Method} {Pattern}";

    public static IReadOnlyList<PlatformRoute> Of(IEnumerable<RouteEndpoint> endpoints) =>
    [
        .. endpoints
            .SelectMany(endpoint => (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods is { Count: > 0 } methods ? methods : ["GET"])
                .Where(method => method != "HEAD")
                .Select(method => new PlatformRoute(method, "/" + endpoint.RoutePattern.RawText!.TrimStart('/'))))
            .Distinct()
            .OrderBy(route => route.Key, StringComparer.Ordinal),
    ];

    /// <summary>The path with each parameter filled in; the first object parameter by <paramref name="id"/>.</summary>
    public string Path(string id)
    {
        var first = true;
        return Parameter().Replace(Pattern, parameter =>
        {
            if (parameter.Value.Contains(":int", StringComparison.Ordinal))
            {
                return "1";
            }

            var value = first ? id : "00000000-0000-7000-8000-000000000001";
            first = false;
            return value;
        });
    }

    public HttpRequestMessage Request(string id)
    {
        var request = new HttpRequestMessage(new HttpMethod(Method), Path(id));
        if (Method is "POST" or "PUT" or "PATCH")
        {
            request.Content = new StringContent("{}", System.Text.Encoding.UTF8, "application/json");
        }

        return request;
    }

    [GeneratedRegex(@"\{[^}]+\}")]
    private static partial Regex Parameter();
}
