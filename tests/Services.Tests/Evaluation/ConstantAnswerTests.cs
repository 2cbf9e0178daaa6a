using InternPlatform.Contracts.Evaluation;
using Xunit;

namespace InternPlatform.Services.Tests.Evaluation;

/// <summary>A model that always gives one answer scores exactly the share of that answer, over real rows.</summary>
public sealed class ConstantAnswerTests(EvaluationHost host) : IClassFixture<EvaluationHost>
{
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Mmlu_with_one_letter(int fewShot)
    {
        var rows = RealSets.Mmlu("abstract_algebra");
        host.Model.Score = (prompt, _) => prompt.EndsWith("\nC", StringComparison.Ordinal) ? -0.25 : -2;
        var score = await ScoreAsync("mmlu", rows, fewShot: fewShot);
        Assert.Equal(rows.Count(row => row.answer == "C") / (double)rows.Count, score.Value);
        Assert.Equal((rows.Count, "exam", "choice", "accuracy", true), (score.Count, score.Dimension, score.Mode, score.Metric, score.IsHeadline));
        Assert.True(score.Low < score.Value && score.Value < score.High);
    }

    [Fact]
    public async Task Xcopa_with_the_first_choice()
    {
        var rows = RealSets.Lines("eval/language/xcopa/val.zh.jsonl");
        host.Model.Score = (_, place) => place % 2 == 0 ? -0.25 : -2;
        var score = await ScoreAsync("xcopa", rows);
        Assert.Equal(rows.Count(row => row.GetProperty("label").GetInt32() == 0) / (double)rows.Count, score.Value);
    }

    [Fact]
    public async Task Bbq_with_the_third_answer()
    {
        var rows = RealSets.Lines("eval/safety/bbq/Age.jsonl", 200);
        host.Model.Score = (prompt, _) => prompt.EndsWith("\nC", StringComparison.Ordinal) ? -0.25 : -2;
        var score = await ScoreAsync("bbq", rows);
        Assert.Equal(rows.Count(row => row.GetProperty("label").GetInt32() == 2) / (double)rows.Count, score.Value);
        Assert.Equal("safety", score.Dimension);
    }

    [Fact]
    public async Task Gsm8k_with_one_number()
    {
        var rows = RealSets.Lines("eval/reasoning/gsm8k_test_1-660.jsonl", 200);
        host.Model.Write = _ => "She has 3 times as many, so the answer is 18.";
        var score = await ScoreAsync("gsm8k", rows);
        Assert.Equal(rows.Count(row => row.GetProperty("answer").GetString()!.EndsWith("#### 18", StringComparison.Ordinal)) / (double)rows.Count, score.Value);
        Assert.True(score.Value > 0);
    }

    private async Task<ScoreView> ScoreAsync(string benchmark, IEnumerable<object> rows, int fewShot = 0)
    {
        var (_, result) = await host.SucceedAsync(await host.StartAsync(benchmark, await host.StoreRecordsAsync(rows), fewShot: fewShot));
        return Assert.Single(result.Scores);
    }

    private Task<ScoreView> ScoreAsync(string benchmark, List<System.Text.Json.JsonElement> rows) => ScoreAsync(benchmark, rows.Cast<object>());
}
