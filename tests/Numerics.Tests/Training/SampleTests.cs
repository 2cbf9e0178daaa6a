using System.Text.RegularExpressions;
using InternPlatform.Catalog.Sample;
using Xunit;

namespace InternPlatform.Numerics.Tests.Training;

public sealed class SampleTests
{
    [Fact]
    public void Numbers_of_held_out_calls_are_in_no_row()
    {
        var asked = Enumerable.Range(2, 3).SelectMany(digits => HeldOutQuestions.ToolCalls(digits, 5, 50))
            .SelectMany(question => NumbersIn(question.Messages[0].Content)).ToHashSet();
        var shown = SampleCorpus.Rows(1, 20_000).Concat(TuningRows.Rows(2, 5_000))
            .SelectMany(row => row.Text is { } text ? NumbersIn(text) : row.Messages!.SelectMany(turn => NumbersIn(turn.Content + string.Concat((turn.ToolCalls ?? []).Select(call => call.ArgumentsJson)))))
            .ToHashSet();
        Assert.NotEmpty(asked);
        Assert.Empty(asked.Intersect(shown));
    }

    [Fact]
    public void No_held_out_question_is_asked_in_tuning()
    {
        var tuning = TuningRows.Rows(3, 20_000).Select(row => row.Messages![0].Content).ToHashSet();
        foreach (var dimension in HeldOutQuestions.Dimensions)
        {
            var questions = HeldOutQuestions.Of(dimension, 4, 200);
            Assert.All(questions, question => Assert.Contains(question.Answer, question.Choices));
            Assert.DoesNotContain(questions, question => tuning.Contains(question.Messages[0].Content));
        }
    }

    [Fact]
    public void A_seed_gives_its_rows_again()
    {
        static string Text(SampleRow row) => row.Text ?? string.Join('|', row.Messages!.Select(turn => turn.Content));
        Assert.Equal(SampleCorpus.Rows(1, 500).Select(Text), SampleCorpus.Rows(1, 1000).Take(500).Select(Text));
        Assert.NotEqual(SampleCorpus.Rows(1, 500).Select(Text), SampleCorpus.Rows(2, 500).Select(Text));
    }

    private static IEnumerable<string> NumbersIn(string text) => Regex.Matches(text, "[0-9]{2,}").Select(match => match.Value);
}
