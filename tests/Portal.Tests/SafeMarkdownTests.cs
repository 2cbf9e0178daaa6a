using InternPlatform.Portal.Hosting;
using Xunit;

namespace InternPlatform.Portal.Tests;

public sealed class SafeMarkdownTests
{
    [Fact]
    public void Markdown_becomes_html() =>
        Assert.Contains("<strong>bold</strong>", SafeMarkdown.ToHtml("**bold**"), StringComparison.Ordinal);

    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("<img src=x onerror=alert(1)>")]
    [InlineData("[x](javascript:alert(1))")]
    [InlineData("[x](JaVaScRiPt:alert(1))")]
    [InlineData("[x](data:text/html;base64,PHNjcmlwdD4=)")]
    [InlineData("<svg/onload=alert(1)>")]
    [InlineData("<iframe srcdoc='<script>1</script>'></iframe>")]
    [InlineData("<a href=\"vbscript:x\">x</a>")]
    [InlineData("<form action=/auth/sign-out><button>x</button></form>")]
    [InlineData("<style>*{display:none}</style>")]
    [InlineData("![x](http://elsewhere.test/x.png)")]
    [InlineData("<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>")]
    public void Nothing_runs_and_nothing_is_fetched(string markdown)
    {
        var html = new AngleSharp.Html.Parser.HtmlParser().ParseDocument(SafeMarkdown.ToHtml(markdown));

        Assert.Empty(html.QuerySelectorAll("script, img, svg, iframe, form, style, button, object, embed"));
        Assert.DoesNotContain(html.QuerySelectorAll("*").SelectMany(element => element.Attributes), attribute =>
            attribute.Name.StartsWith("on", StringComparison.OrdinalIgnoreCase)
            || (attribute.Name == "href" && !attribute.Value.StartsWith("http", StringComparison.Ordinal)));
    }
}
