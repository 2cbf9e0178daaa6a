namespace InternPlatform.Catalog.Cleaning;

/// <summary>Runs of letters and digits in a text; an apostrophe inside a word belongs to it.</summary>
internal static class WordRanges
{
    public static Enumerator Of(string text) => new(text);

    public ref struct Enumerator(string text)
    {
        private int at;

        public (int Start, int Length) Current { get; private set; }

        public readonly Enumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            while (at < text.Length && !char.IsLetterOrDigit(text[at]))
            {
                at++;
            }

            var start = at;
            while (at < text.Length && (char.IsLetterOrDigit(text[at]) || (text[at] is '\'' or '’' && at + 1 < text.Length && char.IsLetter(text[at + 1]))))
            {
                at++;
            }

            Current = (start, at - start);
            return at > start;
        }
    }
}
