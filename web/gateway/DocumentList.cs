using System.Net;
using InternPlatform.ServiceDefaults;

namespace InternPlatform.Gateway;

/// <summary><c>GET /scalar</c>: the OpenAPI documents of all services on one page, with no script and no outside host.</summary>
public static class DocumentList
{
    public static void MapDocumentList(this IEndpointRouteBuilder app, IEnumerable<string> services)
    {
        var items = string.Concat(services.Order().Select(service =>
            $"<li><a href=\"/openapi/{WebUtility.UrlEncode(service)}.json\">{WebUtility.HtmlEncode(service)}</a></li>"));
        var page = $"<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>API documents</title></head>"
            + $"<body><main><h1>API documents</h1><p>OpenAPI 3.1, one document per service.</p><ul>{items}</ul></main></body></html>";
        app.MapGet("/scalar", () => TypedResults.Content(page, "text/html; charset=utf-8")).RequireScope(Scopes.Read).ExcludeFromDescription();
    }
}
