namespace InternPlatform.Catalog.Sample;

/// <summary>Sums of single digits in words; larger sums with numbers that are not withheld.</summary>
internal static class Arithmetic
{
    public const string Kind = "arithmetic";

    /// <summary>Asked only in evaluation; the sum itself is in the training text.</summary>
    public static bool IsHeldOut(int a, int b) => Hash.Of((ulong)((a * 100) + b), 303) % 100 < 40;

    public static SampleRow Make(Draw draw)
    {
        var lines = Enumerable.Range(0, 2 + draw.Below(3)).Select(_ => Sentence(draw, 1 + draw.Below(9), 1 + draw.Below(9)));
        return SampleRow.Prose(Kind, draw, string.Join(draw.IsChinese ? "" : " ", lines));
    }

    public static string Question(Draw draw, int a, int b) =>
        draw.Say([$"What is {a} plus {b}?", $"How much is {a} and {b}?"], [$"{a} 加 {b} 是多少？", $"{a} 加 {b} 等于几？"]);

    private static string Sentence(Draw draw, int a, int b) =>
        draw.Say([$"{a} plus {b} is {a + b}.", $"{a} and {b} make {a + b}."], [$"{a} 加 {b} 是 {a + b}。", $"{a} 加 {b} 等于 {a + b}。"]);
}
