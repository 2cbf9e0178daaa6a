using Ganss.Xss;
using Markdig;
using Markdig.Syntax;

namespace InternPlatform.Portal.Hosting;

/// <summary>Markdown of users and models as HTML in which nothing runs and nothing is fetched from elsewhere.</summary>
public static class SafeMarkdown
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePipeTables().UseAutoLinks().UseTaskLists().DisableHtml().Build();
    private static readonly HtmlSanitizer Sanitizer = Make();

    public static string ToHtml(string markdown)
    {
        var document = Markdown.Parse(markdown, Pipeline);
        foreach (var heading in document.Descendants<HeadingBlock>())
        {
            // The page has its one h1 already.
            heading.Level = Math.Min(heading.Level + 1, 6);
        }

        return Sanitizer.Sanitize(document.ToHtml(Pipeline));
    }

    private static HtmlSanitizer Make()
    {
        var sanitizer = new HtmlSanitizer();
        // A picture would tell its host who reads; forms and styles could imitate the portal.
        sanitizer.AllowedTags.ExceptWith(["img", "form", "input", "button", "select", "textarea", "style"]);
        sanitizer.AllowedAttributes.Remove("style");
        sanitizer.AllowedSchemes.Add("mailto");
        sanitizer.PostProcessNode += (_, e) =>
        {
            if (e.Node is AngleSharp.Html.Dom.IHtmlAnchorElement link)
            {
                link.SetAttribute("rel", "noopener noreferrer nofollow");
            }
        };
        return sanitizer;
    }
}
