using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace InternPlatform.Portal.Hosting;

/// <summary><c>POST /portal/markdown</c>: a finished chat answer as sanitised HTML. For signed-in users; it keeps nothing.</summary>
internal static class MarkdownEndpoint
{
    private const int LongestText = 256 * 1024;

    public static void MapMarkdown(this IEndpointRouteBuilder app) =>
        app.MapPost("/portal/markdown", Handle)
            .WithMetadata(new RequestSizeLimitAttribute(LongestText * 4))
            .DisableAntiforgery();

    private static Results<ContentHttpResult, ProblemHttpResult> Handle(MarkdownText body) => body.Text.Length <= LongestText
        ? TypedResults.Content(SafeMarkdown.ToHtml(body.Text), "text/html; charset=utf-8")
        : TypedResults.Problem(
            type: "urn:intern-platform:portal:text-too-long",
            title: "The text is too long to be shown as Markdown.",
            statusCode: StatusCodes.Status413PayloadTooLarge);

    private sealed record MarkdownText
    {
        public required string Text { get; init; }
    }
}
