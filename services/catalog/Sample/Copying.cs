namespace InternPlatform.Catalog.Sample;

/// <summary>
/// Rows whose answer stands in the question. A quarter of the tokens: with less of them a small model does not learn to copy within the
/// budget, and without copying every tool call has wrong numbers.
/// </summary>
internal static class Copying
{
    public const string Prose = "copy-prose";
    public const string Chat = "copy-chat";

    public static SampleRow MakeProse(Draw draw)
    {
        var person = draw.In(draw.From(World.People));
        var code = Numbers.Shown(draw);
        return SampleRow.Prose(Prose, draw, draw.Say(
            [$"The code is {code}. {person} wrote it down: {code}.", $"{person} said the number {code}. Everybody repeated {code}.", $"On the door of {person} stands {code}. Yes, it is {code}."],
            [$"密码是 {code}。{person}写下了 {code}。", $"{person}说了数字 {code}。大家重复 {code}。", $"{person}的门上写着 {code}。对，是 {code}。"]));
    }

    public static SampleRow MakeChat(Draw draw)
    {
        var (question, answer) = draw.Below(4) switch
        {
            0 => Repeat(draw),
            1 => Mixed(draw),
            2 => Lookup(draw),
            _ => Json(draw),
        };
        return SampleRow.Chat(Chat, draw, Turn.User(question), Turn.Assistant(answer));
    }

    private static (string, string) Repeat(Draw draw)
    {
        var numbers = string.Join(' ', Enumerable.Range(0, 1 + draw.Below(3)).Select(_ => Numbers.Shown(draw)));
        return (draw.Say([$"Repeat: {numbers}", $"Say again: {numbers}", $"Copy {numbers}"], [$"重复： {numbers}", $"再说一遍： {numbers}", $"照抄 {numbers}"]), numbers);
    }

    private static (string, string) Mixed(Draw draw)
    {
        var items = Enumerable.Range(0, 2 + draw.Below(2)).Select(_ => $"{draw.In(draw.From(World.Objects))} {Numbers.Shown(draw)}");
        var text = string.Join(draw.IsChinese ? "，" : ", ", items);
        return (draw.Say([$"Repeat: {text}", $"Copy {text}"], [$"重复：{text}", $"照抄{text}"]), text);
    }

    private static (string, string) Lookup(Draw draw)
    {
        var labels = draw.Several(World.Objects, 2).Select(draw.In).ToArray();
        int[] values = [Numbers.Shown(draw), Numbers.Shown(draw)];
        var asked = draw.Below(2);
        var question = draw.Say(
            $"{labels[0]} {values[0]}, {labels[1]} {values[1]}. Which number has the {labels[asked]}?",
            $"{labels[0]} {values[0]}，{labels[1]} {values[1]}。{labels[asked]}是几号？");
        return (question, $"{values[asked]}");
    }

    private static (string, string) Json(Draw draw)
    {
        int a = Numbers.Shown(draw), b = Numbers.Shown(draw);
        var question = draw.Say([$"Write {a} and {b} as JSON.", $"Give me JSON with {a} and {b}."], [$"把 {a} 和 {b} 写成 JSON。", $"用 JSON 给我 {a} 和 {b} 。"]);
        return (question, $"{{\"a\": {a}, \"b\": {b}}}");
    }
}
