using System.Net;
using System.Text.Json;
using Bunit;
using InternPlatform.Contracts.Catalog;
using InternPlatform.Contracts.Jobs;
using InternPlatform.Portal.Components;
using InternPlatform.Portal.Pages;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static InternPlatform.Portal.Tests.Samples;

namespace InternPlatform.Portal.Tests;

/// <summary>What the pages of a data set do: cleaning, statistics, card, lineage.</summary>
public sealed class DatasetPages : PortalContext
{
    private const string Catalog = "api/catalog";

    private static readonly CleanResult Report = new()
    {
        DatasetId = DatasetId,
        Version = 2,
        ArtifactId = Artifact('a'),
        RowsIn = 61_800,
        RowsOut = 60_000,
        Steps =
        [
            new() { Kind = "normalize", RowsIn = 61_800, RowsOut = 61_800, RowsChanged = 12, Dropped = [] },
            new() { Kind = "length", RowsIn = 61_800, RowsOut = 61_500, RowsChanged = 0, Dropped = [new() { Row = 41, Text = "ok", Reason = "2 characters (at least 6)" }] },
            new() { Kind = "near-duplicates", RowsIn = 61_500, RowsOut = 60_000, RowsChanged = 0, Dropped = [new() { Row = 93, Text = "Zoe had a blue hat.", Reason = "like row 7: 83 % of shingles in common (below 60 %)" }] },
        ],
    };

    private static readonly CleaningRecipe Recipe = new()
    {
        Steps =
        [
            new() { Kind = "normalize", Options = Json("""{"form":"nfc","lineEnds":true}""") },
            new() { Kind = "length", Options = Json("""{"minimum":6,"maximum":200000}""") },
            new() { Kind = "language", Options = Json("""{"keep":["en","zh"]}""") },
        ],
    };

    private static readonly DatasetStatistics Statistics = new()
    {
        Rows = 60_000,
        Columns =
        [
            new() { Name = "text", Type = "text", Missing = 12, Distinct = 59_321, Minimum = 7, Maximum = 407, Mean = 143.5, Median = 131, Histogram = [.. Enumerable.Repeat(3000L, 20)], Languages = new Dictionary<string, long> { ["en"] = 30_000, ["zh"] = 29_988 } },
            new() { Name = "kind", Type = "text", Missing = 0, Distinct = 1, Minimum = 4, Maximum = 4, Mean = 4, Median = 4, Histogram = [60_000] },
        ],
    };

    private IRenderedComponent<IComponent> Page(string query)
    {
        Platform.Answer($"{Catalog}/datasets/{DatasetId}", Dataset);
        GoTo($"/data/{DatasetId}?{query}");
        ShowProviders();
        return Show(typeof(DatasetPage), [("Id", DatasetId.ToString())]);
    }

    [Fact]
    public void A_cleaned_version_shows_each_step_and_what_it_dropped()
    {
        Platform.Answer($"{Catalog}/jobs/{JobId}", Job(JobState.Succeeded, "clean", "catalog") with { Result = JsonSerializer.SerializeToElement(Report, JsonSerializerOptions.Web) });
        Platform.Answer($"{Catalog}/datasets/{DatasetId}", Dataset with { Versions = [Dataset.Versions[0] with { Source = "clean" }] });
        GoTo($"/data/{DatasetId}?tab=cleaning");
        var shown = Show(typeof(DatasetPage), [("Id", DatasetId.ToString())]);

        var rows = shown.WaitForElement("[data-testid=cleaning-steps]").QuerySelectorAll("tbody tr");
        Assert.Equal(["Normalise", "Length", "Near duplicates"], rows.Select(row => row.QuerySelector("th")!.TextContent));
        Assert.Contains("300", rows[1].TextContent, StringComparison.Ordinal);
        Assert.Equal(2, shown.FindAll("[data-testid=dropped]").Count);
        Assert.Contains("like row 7", shown.Markup, StringComparison.Ordinal);
        Assert.Contains("61,800 rows, 60,000 were kept", shown.Find("[data-testid=sankey]").GetAttribute("aria-label"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_diagram_holds_the_numbers_of_the_report()
    {
        var option = JsonSerializer.SerializeToElement(CleaningSankey.Of(Report, kind => kind, "kept"));
        var series = option.GetProperty("series")[0];
        var links = series.GetProperty("links").EnumerateArray().Select(link => $"{link.GetProperty("source")} > {link.GetProperty("target")}: {link.GetProperty("value")}");

        Assert.Equal(
            ["1 normalize > 2 length: 61800", "2 length > 3 near-duplicates: 61500", "2 length > − 2 length: 300", "3 near-duplicates > kept: 60000", "3 near-duplicates > − 3 near-duplicates: 1500"], links);
        Assert.Equal(6, series.GetProperty("data").GetArrayLength());
    }

    [Fact]
    public void A_version_that_no_cleaning_made_offers_to_be_cleaned() =>
        Assert.Contains("/clean?version=1", Page("tab=cleaning&version=1").WaitForElement("[data-testid=empty] a").GetAttribute("href"), StringComparison.Ordinal);

    [Fact]
    public void A_report_that_is_not_there_yet_is_not_a_failure()
    {
        Platform.Answer($"{Catalog}/jobs/{JobId}", Job(JobState.Running, "clean", "catalog"));
        Platform.Answer($"{Catalog}/datasets/{DatasetId}", Dataset with { Versions = [Dataset.Versions[0] with { Source = "clean" }] });
        GoTo($"/data/{DatasetId}?tab=cleaning");

        Show(typeof(DatasetPage), [("Id", DatasetId.ToString())]).WaitForElement("[data-testid=empty]");
    }

    [Fact]
    public void Statistics_are_a_table_and_a_histogram_for_each_column_that_varies()
    {
        Platform.Answer($"{Catalog}/datasets/{DatasetId}/versions/2/statistics", Statistics);
        var shown = Page("tab=statistics");

        var table = shown.WaitForElement("[data-testid=statistics]");
        Assert.Equal(["text", "text", "12", "59,321", "7", "131", "143.5", "407"], table.QuerySelectorAll("tbody tr")[0].Children.Select(cell => cell.TextContent));
        var column = Assert.Single(shown.FindAll("[data-testid=column]"));
        Assert.Equal(20, column.QuerySelectorAll(".histogram span").Length);
        Assert.Equal(20, column.QuerySelectorAll("details tbody tr").Length);
        Assert.Contains("median 131", column.QuerySelector(".histogram")!.GetAttribute("aria-label"), StringComparison.Ordinal);
        Assert.Contains("50.0", column.QuerySelector("[data-testid=languages]")!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Statistics_that_cannot_be_had_say_why()
    {
        Platform.Refuse($"{Catalog}/datasets/{DatasetId}/versions/2/statistics", HttpStatusCode.NotFound, "This version has no statistics.", "Import or clean it again.");

        Assert.Contains("Import or clean it again.", Page("tab=statistics").WaitForElement("[data-testid=failure]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_made_from_a_data_set_is_listed()
    {
        Platform.Answer($"{Catalog}/lineage/{Artifact('a')}", Lineage);
        var shown = Page("tab=lineage");

        Assert.Equal(3, shown.WaitForElement("[data-testid=used-by]").QuerySelectorAll("li").Length);
        Assert.Equal(["shards", "model"], LineageLayers.After(Lineage, Artifact('c')).Select(node => node.Kind).OrderDescending());
        Assert.Empty(LineageLayers.After(Lineage, Artifact('b')));
    }

    [Fact]
    public void A_recipe_is_changed_by_buttons_and_sent_in_its_new_order()
    {
        var shown = Form();
        shown.WaitForElement("[data-testid=up-language]").Click();
        Assert.Equal(["1. Normalise", "2. Language", "3. Length"], Names());
        Assert.Contains("Language is now step 2.", shown.Find("[role=status]").TextContent, StringComparison.Ordinal);
        shown.Find("[data-testid=on-normalize]").Change(false);
        shown.Find("#length-minimum").Change("12");
        shown.Find("#language-keep").Change("zh，other");
        Assert.True(shown.Find("[data-testid=up-normalize]").HasAttribute("disabled"));

        shown.Find("[data-testid=start-clean]").Click();
        shown.WaitForAssertion(() => Assert.Contains(Platform.Requests, request => request.Method == "POST"));
        var spec = JsonElement.Parse(Platform.Requests.Single(request => request.Method == "POST").Body).GetProperty("spec");
        Assert.Equal("""[{"kind":"language","options":{"keep":["zh","other"]}},{"kind":"length","options":{"minimum":12,"maximum":200000}}]""", spec.GetProperty("steps").GetRawText());
        Assert.Equal((Artifact('a'), "sample"), (spec.GetProperty("datasetArtifactId").GetString(), spec.GetProperty("name").GetString()));
        Assert.EndsWith($"/runs/catalog/{JobId}", Services.GetRequiredService<NavigationManager>().Uri, StringComparison.Ordinal);

        IEnumerable<string> Names() => shown.FindAll("[data-testid=steps] label.check .strong").Select(name => name.TextContent.Trim());
    }

    [Fact]
    public void A_refused_recipe_says_what_is_wrong_and_keeps_what_was_typed()
    {
        Platform.Refuse($"POST {Catalog}/jobs", HttpStatusCode.BadRequest, "The job cannot be started as asked.", "Step 2 (length), option 'minimum': It is from 0 to 2147483647.");
        var shown = Form(answer: false);
        shown.WaitForElement("#length-minimum").Change("many");
        shown.Find("[data-testid=start-clean]").Click();

        Assert.Contains("option 'minimum'", shown.WaitForElement("[data-testid=failure]").TextContent, StringComparison.Ordinal);
        Assert.Equal("many", shown.Find("#length-minimum").GetAttribute("value"));
    }

    [Fact]
    public void A_recipe_without_a_step_cannot_be_started_and_the_default_comes_back()
    {
        var shown = Form();
        foreach (var kind in new[] { "normalize", "length", "language" })
        {
            shown.WaitForElement($"[data-testid=on-{kind}]").Change(false);
        }

        Assert.True(shown.Find("[data-testid=start-clean]").HasAttribute("disabled"));
        shown.Find("[data-testid=reset]").Click();
        Assert.False(shown.Find("[data-testid=start-clean]").HasAttribute("disabled"));
    }

    [Fact]
    public void A_card_is_saved_over_the_one_that_was_read()
    {
        Platform.Answer($"PUT {Catalog}/datasets/{DatasetId}/card", Dataset);
        var shown = Page("tab=card");
        shown.WaitForElement("[data-testid=edit-card]").Click();
        shown.WaitForElement("#card-text").Change("# New card");
        shown.Find("#card-license").Change("MIT");
        shown.Find("[data-testid=save-card]").Click();

        shown.WaitForAssertion(() => Assert.Empty(shown.FindAll("[data-testid=card-editor]")));
        Assert.Equal("""{"card":"# New card","license":"MIT"}""", Platform.Requests.Single(request => request.Method == "PUT").Body);
    }

    [Fact]
    public void A_card_changed_by_somebody_else_is_not_overwritten()
    {
        Platform.Refuse($"PUT {Catalog}/datasets/{DatasetId}/card", HttpStatusCode.PreconditionFailed, "The card was changed by somebody else.", "Read it again.");
        var shown = Page("tab=card");
        shown.WaitForElement("[data-testid=edit-card]").Click();
        shown.WaitForElement("#card-text").Change("mine");
        shown.Find("[data-testid=save-card]").Click();

        shown.WaitForElement("[data-testid=card-changed]");
        Assert.Contains("Bilingual", shown.Find("[data-testid=card-editor] details").TextContent, StringComparison.Ordinal);
        Assert.Contains("mine", shown.Find("#card-text").OuterHtml, StringComparison.Ordinal);
    }

    [Fact]
    public void The_sample_is_imported_in_parts()
    {
        Platform.Answer($"POST {Catalog}/jobs", Job(JobState.Queued, "import", "catalog"));
        ShowProviders();
        var shown = Show(typeof(DataImport));
        shown.Find("#sample-dirt").Change("3");
        shown.Find("#sample-documents").Change("500");
        shown.Find("[data-testid=import-sample]").Click();

        shown.WaitForAssertion(() => Assert.Contains(Platform.Requests, request => request.Body.Contains("""{"seed":1,"documents":500,"part":"corpus","dirt":0.03}""", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_record_is_shown_by_its_fields()
    {
        var row = Json("""{"record":{"question":"1 + 1?","answer":"2"},"kind":"exam"}""");

        Assert.Equal(["question", "answer"], RowText.Columns([row]));
        Assert.Equal("2", RowText.Cell(row, "answer"));
    }

    private IRenderedComponent<IComponent> Form(bool answer = true)
    {
        Platform.Answer($"{Catalog}/datasets/{DatasetId}", Dataset);
        Platform.Answer($"{Catalog}/cleaning/recipe", Recipe);
        if (answer)
        {
            Platform.Answer($"POST {Catalog}/jobs", Job(JobState.Queued, "clean", "catalog"));
        }

        ShowProviders();
        return Show(typeof(DataClean), [("Id", DatasetId.ToString())]);
    }

    private static JsonElement Json(string text) => JsonElement.Parse(text);
}
