using System.Text.Json;
using InternPlatform.Contracts.Evaluation;
using InternPlatform.Evaluation.Benchmarks;
using InternPlatform.Evaluation.Samples;
using InternPlatform.Evaluation.Scoring;
using InternPlatform.Jobs;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Services.Tests.Evaluation;

/// <summary>Extraction and arithmetic.</summary>
public sealed class ScoringTests
{
    [Theory]
    [InlineData("A: 18", "18")]
    [InlineData("= $1,234.50 in all.", "1234.5")]
    [InlineData("16-3", "3")]
    [InlineData("It is -7.", "-7")]
    [InlineData("9 * 2 = $<<9*2=18>>18 every day.", "18")]
    [InlineData("12,000,000 people", "12000000")]
    [InlineData("1, 2, 3", "3")]
    [InlineData("no idea", null)]
    public void The_last_number_is_taken(string text, string? number) => Assert.Equal(number, LastNumber.In(text));

    [Fact]
    public void The_extractor_agrees_with_the_published_verdicts_on_GSM8K()
    {
        var judged = 0;
        var agreed = 0;
        foreach (var row in File.ReadLines(SharedData.Need("eval/reasoning/gsm8k_model_solutions_1-660.jsonl")).Select(line => JsonElement.Parse(line)))
        {
            var truth = LastNumber.In(row.GetProperty("ground_truth").GetString()!.Split("\nA:")[^1]);
            foreach (var model in row.EnumerateObject().Where(property => property.Value.ValueKind == JsonValueKind.Object))
            {
                judged++;
                agreed += (LastNumber.In(model.Value.GetProperty("solution").GetString()!) == truth) == model.Value.GetProperty("is_correct").GetBoolean() ? 1 : 0;
            }
        }

        // Their rule wants the mark of the answer, so a solution that never comes to it is wrong there whatever its last number.
        Assert.True(judged > 2000 && agreed >= judged * 0.99, $"{agreed} of {judged}");
    }

    [Fact]
    public void Wilsons_interval_is_the_published_one()
    {
        var none = Interval.Wilson(0, 10);
        Assert.Equal((0, 0, 0.2775), (none.Value, none.Low, Math.Round(none.High, 4)));
        var half = Interval.Wilson(5, 10);
        Assert.Equal((0.2366, 0.7634), (Math.Round(half.Low, 4), Math.Round(half.High, 4)));
        Assert.Equal(1, Interval.Wilson(200, 200).High);
    }

    [Fact]
    public void A_paired_interval_is_narrower_than_an_unpaired_one_and_never_a_point()
    {
        var paired = Interval.Paired(10, 50, 200);
        Assert.Equal(0.2, paired.Value, 12);
        Assert.InRange(paired.Low, 0.12, 0.15);
        Assert.InRange(paired.High, 0.24, 0.28);
        Assert.True(Interval.Paired(0, 0, 20) is { Value: 0, Low: < 0, High: > 0 });
    }

    [Fact]
    public void A_dimension_is_shown_by_the_same_benchmark_whatever_else_was_asked()
    {
        ScoreView[] scores = [Score("mmlu", .9), Score("intern-sample", .3)];
        Assert.Equal(.3, Scores.Headline(scores, "exam")!.Value);
        Assert.Equal(.3, Scores.Average(scores));
        Assert.Equal(.9, Scores.Average([scores[0]]));
        Assert.Null(Scores.Average([]));

        static ScoreView Score(string benchmark, double value) => new()
        {
            Benchmark = benchmark,
            Dimension = "exam",
            Mode = "choice",
            Metric = "accuracy",
            IsHeadline = true,
            Value = value,
            Count = 10,
            Failed = 0,
            Unparsed = 0,
            DatasetArtifactId = "",
        };
    }

    [Fact]
    public void A_larger_limit_asks_the_same_rows_and_more()
    {
        var few = RowDraw.Draw(3, 1000, 50);
        Assert.Equal(few, RowDraw.Draw(3, 1000, 200).Take(50));
        Assert.Equal(1000, RowDraw.Draw(3, 1000, 5000).Distinct().Count());
        Assert.NotEqual(few, RowDraw.Draw(4, 1000, 50));
    }

    [Theory]
    [InlineData("""{"answer": "C"}""", 2)]
    [InlineData("""{"answer": 1}""", 1)]
    [InlineData("""{"answer": "1"}""", 1)]
    [InlineData("""{"answer": "green"}""", 1)]
    public void A_choice_is_named_by_letter_place_or_text(string record, int place) =>
        Assert.Equal(place, new Row("multiple-choice", 0, JsonElement.Parse(record)).Choice("answer", ["red", "green", "blue"]));

    [Fact]
    public void A_choice_that_is_none_is_refused()
    {
        var refused = Assert.Throws<JobFailedException>(() => new Row("bbq", 7, JsonElement.Parse("""{"answer": "Z"}""")).Choice("answer", ["red", "green"]));
        Assert.Contains("'Z'", refused.Detail, StringComparison.Ordinal);
        Assert.Contains("row 7", refused.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_torn_last_sample_is_cut_off_and_asked_again()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("samples.jsonl");
        using (var file = SampleFile.Open(path))
        {
            file.Add([Sample(0), Sample(1), Sample(2)]);
        }

        var whole = File.ReadAllBytes(path);
        foreach (var cut in (int[])[1, 2, 40])
        {
            File.WriteAllBytes(path, whole[..^cut]);
            using var opened = SampleFile.Open(path);
            Assert.Equal([0L, 1L], opened.Samples.Select(sample => sample.Index));
            opened.Add([Sample(2)]);
        }

        Assert.Equal(whole, File.ReadAllBytes(path));
    }

    private static SampleView Sample(long index) => new()
    {
        Index = index,
        Row = index,
        Benchmark = "gsm8k",
        Mode = "generation",
        Metric = "exact_match",
        Prompt = "你好",
        Output = "7",
        Expected = "7",
        Verdict = "right",
    };
}
