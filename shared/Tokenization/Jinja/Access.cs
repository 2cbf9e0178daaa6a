namespace InternPlatform.Tokenization.Jinja;

/// <summary>Entries and slices of values.</summary>
internal static class Access
{
    public static object? Entry(object? value, object? index)
    {
        switch (value)
        {
            case Undefined undefined:
                throw new ChatTemplateException($"The template reads a member of '{undefined.What}', which is undefined.");
            case Map map when index is MarkedText key:
                return map.TryGet(key.Text, out var found) ? found : new Undefined(key.Text);
            case LoopState loop when index is MarkedText member:
                return loop.Get(member.Text);
            case List<object?> list when index is long at:
                return At(at, list.Count) is { } place ? list[place] : new Undefined($"item {at}");
            case MarkedText text when index is long at:
                return At(at, text.Length) is { } character ? text.Slice(character, 1) : new Undefined($"character {at}");
            default:
                return new Undefined(index is MarkedText name ? name.Text : "a member");
        }
    }

    public static object Slice(object? value, long? start, long? end, long step)
    {
        var count = value is MarkedText whole ? whole.Length : Values.Items(value).Count;
        if (step == 0)
        {
            throw new ChatTemplateException("The template slices by steps of 0.");
        }

        step = Math.Clamp(step, -count - 1, count + 1);
        var from = Clamp(start ?? (step > 0 ? 0 : count - 1), count, step);
        var to = end is null ? (step > 0 ? count : -1) : Clamp(end.Value, count, step);
        if (value is MarkedText text && step == 1)
        {
            return text.Slice((int)from, (int)Math.Max(0, to - from));
        }

        var items = Values.Items(value);
        var taken = new List<object?>();
        for (var i = from; step > 0 ? i < to : i > to; i += step)
        {
            taken.Add(items[(int)i]);
        }

        return value is MarkedText ? MarkedText.Join(MarkedText.Empty, taken.ConvertAll(Values.Text)) : taken;
    }

    private static int? At(long index, int count)
    {
        var place = index < 0 ? index + count : index;
        return place >= 0 && place < count ? (int)place : null;
    }

    // Python's: counted from the end where negative, and never outside.
    private static long Clamp(long index, int count, long step)
    {
        var place = index < 0 ? index + count : index;
        return step > 0 ? Math.Clamp(place, 0, count) : Math.Clamp(place, -1, count - 1);
    }
}
