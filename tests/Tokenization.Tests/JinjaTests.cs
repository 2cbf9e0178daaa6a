using InternPlatform.Tokenization.Jinja;

namespace InternPlatform.Tokenization.Tests;

/// <summary>What templates may write. The expected texts are those of Python's jinja2 3.1 in Hugging Face's environment.</summary>
public sealed class JinjaTests
{
    [Theory]
    [InlineData(
        "{{ 1 + 2 * 3 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 10 }} {{ 1.5 + 1 }}",
        "7 3 -4 2 3.5 1024 2.5")]
    [InlineData(
        "{{ 'a' ~ 1 ~ none ~ true }} {{ 'ab' * 3 }} {{ [1, 'x', none] }} {{ {'a': [true]} }}",
        "a1NoneTrue ababab [1, 'x', None] {'a': [True]}")]
    [InlineData(
        "{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 'b' in 'abc' }} {{ 4 not in [1, 2] }} {{ not 1 == 2 }}",
        "True False True True True")]
    [InlineData(
        "{{ 'x' if false else 'y' }}{{ 'z' if false }} {{ none or 'n' }} {{ '' and 1 }}.",
        "y n .")]
    [InlineData(
        "{{ u is defined }} {{ u is not defined }} {{ none is none }} {{ 'a' is string }} {{ {} is mapping }} {{ [] is sequence }} {{ 1 is number }} {{ true is true }} {{ 3 is odd }} {{ 4 is divisibleby 2 }} {{ 3 is in [3] }} {{ u is undefined or x }}",
        "False True True True True True True True True True True True")]
    [InlineData(
        "{{ 'a b  c'.split() }} {{ 'a,b,c'.split(',', 1) }} {{ 'xxaxx'.strip('x') }} {{ ' a '.lstrip() }}|{{ ' a '.rstrip() }}|",
        "['a', 'b', 'c'] ['a', 'b,c'] a a | a|")]
    [InlineData(
        "{{ 'abc'.startswith('ab') }} {{ 'abc'.endswith(('x', 'c')) }} {{ 'aXbX'.replace('X', '--') }} {{ 'Hello World'.lower() }} {{ 'hello wORLD'.title() }} {{ 'hELLO'.capitalize() }}",
        "True True a--b-- hello world Hello World Hello")]
    [InlineData(
        "{{ 'abcdef'[1:3] }} {{ 'abcdef'[-2:] }} {{ 'abcdef'[::-1] }} {{ [1,2,3,4][::2] }} {{ [1,2,3][5:] }} {{ [1,2,3][-1] }} {{ 'abc'[0] }}",
        "bc ef fedcba [1, 3] [] 3 a")]
    [InlineData(
        "{{ {'a': 1, 'b': 2}.items() | list | tojson }} {{ {'a': 1}.keys() | list }} {{ {'a': 1}.get('z', 'd') }} {{ {'a': 1}.get('z') }} {{ {'items': 5}['items'] }}",
        "[[\"a\", 1], [\"b\", 2]] ['a'] d None 5")]
    [InlineData(
        "{{ '  a ' | trim }} {{ [1,2,3] | length }} {{ [3,4] | first }} {{ [3,4] | last }} {{ ['a','b'] | join('-') }} {{ 'ab' | upper }} {{ '5' | int + 1 }} {{ 'x' | int }} {{ '1.5' | float }}",
        "a 3 3 4 a-b AB 6 0 1.5")]
    [InlineData(
        "{{ u | default('d') }} {{ '' | default('d') }} {{ '' | default('d', true) }} {{ none | default('d') }}",
        "d  d None")]
    [InlineData(
        "{{ [{'n': 'a', 'v': 1}, {'n': 'b', 'v': 0}] | map(attribute='n') | join(',') }} {{ [{'n': 'a', 'v': 1}, {'n': 'b', 'v': 0}] | selectattr('v') | map(attribute='n') | list }} {{ [{'n': 'a'}, {'n': 'b'}] | selectattr('n', 'equalto', 'b') | list | length }} {{ [{'n': 'a'}, {'n': 'b'}] | rejectattr('n', 'equalto', 'b') | map(attribute='n') | first }}",
        "a,b ['a'] 1 a")]
    [InlineData(
        "{{ ['a', 1, 'b'] | select('string') | list }} {{ [1, 2, 3] | reject('in', [2]) | list }} {{ ['a', 'b'] | map('upper') | join }}",
        "['a', 'b'] [1, 3] AB")]
    [InlineData(
        "{{ {'a': [1, 2.5, 'é\"', none, true], 'b': {}} | tojson }} {{ [1, {'a': 2}] | tojson(indent=2) }} {{ [] | tojson(indent=2) }}",
        "{\"a\": [1, 2.5, \"é\\\"\", null, true], \"b\": {}} [\n  1,\n  {\n    \"a\": 2\n  }\n] []")]
    [InlineData(
        "{% set ns = namespace(n=0, seen=[]) %}{% for x in [1, 2, 3] %}{% set ns.n = ns.n + x %}{% set ns.seen = ns.seen + [x] %}{% endfor %}{{ ns.n }} {{ ns.seen }}",
        "6 [1, 2, 3]")]
    [InlineData(
        "{% set n = 1 %}{% for x in [1, 2] %}{% set n = n + x %}{{ n }};{% endfor %}{{ n }}",
        "2;3;1")]
    [InlineData(
        "{% for x in [1, 2, 3] %}{{ loop.index }}/{{ loop.length }}{{ loop.first }}{{ loop.last }}{{ loop.index0 }}{{ loop.revindex }}{% if not loop.last %},{% endif %}{% else %}none{% endfor %}",
        "1/3TrueFalse03,2/3FalseFalse12,3/3FalseTrue21")]
    [InlineData(
        "{% for x in [] %}{{ x }}{% else %}none{% endfor %}{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}={{ v }};{% endfor %}",
        "nonea=1;b=2;")]
    [InlineData(
        "{% for x in range(6) if x % 2 == 0 %}{{ x }}{{ loop.index }} {% endfor %}{% for x in range(2, 8, 3) %}{{ x }}{% endfor %}",
        "01 22 43 25")]
    [InlineData(
        "{% for x in range(9) %}{% if x == 1 %}{% continue %}{% endif %}{% if x == 4 %}{% break %}{% endif %}{{ x }}{% endfor %}",
        "023")]
    [InlineData(
        "{% macro tag(name, body='-') %}<{{ name }}>{{ body }}{% endmacro %}{{ tag('a') }}{{ tag('b', body='x') }}{{ tag(body='y', name='c') }}",
        "<a>-<b>x<c>y")]
    [InlineData(
        "{% macro down(n) %}{{ n }}{% if n > 0 %}{{ down(n - 1) }}{% endif %}{% endmacro %}{{ down(5) }}",
        "543210")]
    [InlineData(
        "{% set t %}a{{ 1 }}b{% endset %}[{{ t }}]{% set a, b = 1, 2 %}{{ a + b }}",
        "[a1b]3")]
    [InlineData(
        "  {% if true %}\n  yes\n  {% endif %}\nend\n",
        "  yes\nend")]
    [InlineData(
        "a\n   {%- if true -%}\n   b   {%- endif %}\n  c {{- ' d' -}}  \n e",
        "ab  c de")]
    [InlineData(
        "a {# comment #}\n  {# own line #}\nb {%+ if true %}c{% endif +%}\nd",
        "a b c\nd")]
    [InlineData(
        "{% if 0 %}a{% elif '' %}b{% elif [0] %}c{% else %}d{% endif %}",
        "c")]
    [InlineData(
        "{{ 'it\\'s' }} {{ \"a\\nb\\t\\\\\" }} {{ 'a' 'b' }} {{ 'q' + \"w\" }}",
        "it's a\nb\t\\ ab qw")]
    [InlineData(
        "{{ dict(a=1, **{'b': 2}) | tojson }} {{ (1, 2)[1] }} {{ [1, 2] == [1, 2] }} {{ {'a': 1} == {'a': 1} }} {{ 1 == 1.0 }} {{ 'a' != 'b' }}",
        "{\"a\": 1, \"b\": 2} 2 True True True True")]
    [InlineData(
        "{{ '%}' }}{{ '}}' }}{{ {'a': {'b': 1}}['a']['b'] }}{{ {'a': {'b': 2}}.a.b }}",
        "%}}}12")]
    [InlineData(
        "{{ -3 | abs }} {{ 'a\nb' | indent(2) }} {{ [1, 2] | reverse | list }} {{ {'b': 1, 'a': 2} | dictsort | tojson }} {{ 'ab' | list }}",
        "3 a\n  b [2, 1] [[\"a\", 2], [\"b\", 1]] ['a', 'b']")]
    [InlineData(
        "{{ 'a-b-c'.split('-') | last }}{{ 'x</think>y'.split('</think>')[-1].lstrip('\\n') }}{{ ','.join(['p', 'q']) }}{{ 'abcabc'.find('ca') }}{{ 'abab'.count('ab') }}",
        "cyp,q22")]
    [InlineData(
        "{{ true and not false or u }}{{ 'a' if 1 else 'b' if 0 else 'c' }}{{ ('a' if 0 else 'b' if 0 else 'c') }}",
        "Trueac")]
    public void A_template_gives_what_Jinja_gives(string template, string expected) => Assert.Equal(expected, Render(template));

    [Theory]
    [InlineData("{{ u.x }}", "'u'")]
    [InlineData("{{ 1 + 'a' }}", "computes")]
    [InlineData("{{ 1 / 0 }}", "divides")]
    [InlineData("{{ 1 % 0 }}", "computes")]
    [InlineData("{{ f(1) }}", "'f'")]
    [InlineData("{{ 'a' | nonsense }}", "'nonsense'")]
    [InlineData("{{ 'a' is nonsense }}", "'nonsense'")]
    [InlineData("{% include 'x' %}", "'include'")]
    [InlineData("a\nb {{ 'x", "Line 2")]
    [InlineData("{% if x %}", "endif")]
    [InlineData("{% endfor %}", "endfor")]
    [InlineData("{{ }}", "expression")]
    [InlineData("{{ a b }}", "end of a tag")]
    [InlineData("{% set a.b.c = 1 %}", "end of a tag")]
    [InlineData("{% set m = {} %}{% set m.a = 1 %}", "cannot set")]
    [InlineData("{# x", "comment")]
    [InlineData("{{ raise_exception('No.') }}", "No.")]
    [InlineData("{{ strftime_now('%Q') }}", "%Q")]
    [InlineData("{{ 99999999999999999999 }}", "too large")]
    public void What_cannot_be_done_is_refused_with_a_reason(string template, string reason) =>
        Assert.Contains(reason, Assert.Throws<ChatTemplateException>(() => Render(template)).Message, StringComparison.Ordinal);

    [Fact]
    public void Nesting_of_any_depth_is_a_refusal_and_never_a_lost_process()
    {
        const int deep = 100_000;
        string[] templates =
        [
            "{{ " + Repeat("(", deep) + "1" + Repeat(")", deep) + " }}",
            "{{ " + Repeat("[", deep) + Repeat("]", deep) + " }}",
            "{{ " + Repeat("not ", deep) + "1 }}",
            "{{ " + Repeat("-", deep) + "1 }}",
            "{{ 1" + Repeat(" + 1", deep) + " }}",
            "{{ x" + Repeat("|string", deep) + " }}",
            "{{ x" + Repeat(".y", deep) + " }}",
            "{{ " + Repeat("1 if 1 else ", deep / 2) + "1 }}",
            Repeat("{% if 1 %}", deep) + Repeat("{% endif %}", deep),
            Repeat("{% for x in [1] %}", deep / 2) + Repeat("{% endfor %}", deep / 2),
            "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
            "{% set n = namespace(x=[]) %}{% for i in range(100000) %}{% set n.x = [n.x] %}{% endfor %}{{ n.x | tojson }}",
            "{% set n = namespace(x=[], y=[]) %}{% for i in range(100000) %}{% set n.x = [n.x] %}{% set n.y = [n.y] %}{% endfor %}{{ n.x == n.y }}",
        ];
        foreach (var template in templates)
        {
            // A small stack, as threads of a pool may have.
            Exception? thrown = null;
            var thread = new Thread(() => thrown = Record.Exception(() => Render(template)), maxStackSize: 1 << 20);
            thread.Start();
            thread.Join();
            Assert.IsType<ChatTemplateException>(thrown);
        }
    }

    [Theory]
    [InlineData("{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}", "steps")]
    [InlineData("{% set n = namespace(x='ab') %}{% for i in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}", "characters")]
    [InlineData("{{ 'abcdefgh' * 1000000000 }}", "characters")]
    [InlineData("{% set n = namespace(x=[1]) %}{% for i in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}", "too long")]
    [InlineData("{% set n = namespace(x=[], y=[]) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% set n.y = [n.y, n.y] %}{% endfor %}{{ n.x == n.y }}", "too large")]
    [InlineData("{% set n = namespace(x=[]) %}{% for i in range(60) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}", "characters")]
    [InlineData("{{ range(1000000000000) | length }}", "too far")]
    [InlineData("{{ range(9223372036854775807, 9223372036854775806, -9223372036854775807) | list | length }}{{ 'a' * 99999999 }}", "characters")]
    public void A_template_that_would_never_end_is_ended(string template, string reason) =>
        Assert.Contains(reason, Assert.Throws<ChatTemplateException>(() => Render(template)).Message, StringComparison.Ordinal);

    [Fact]
    public void Any_change_to_a_template_is_refused_by_type_or_works()
    {
        var random = new Random(31);
        foreach (var template in RealTemplateTexts.All.Values.Append(ChatTemplate.Get("internlm2").Jinja))
        {
            for (var i = 0; i < 400; i++)
            {
                var (at, length) = (random.Next(template.Length), random.Next(4));
                string[] inserted = ["", "{", "}", "%", "'", "(", "]", " in ", "|", "-1", "{{", "%}", "**", "\\"];
                var changed = template[..at] + inserted[random.Next(inserted.Length)] + template[Math.Min(at + length, template.Length)..];
                var thrown = Record.Exception(() => Render(changed));
                Assert.True(thrown is null or ChatTemplateException, $"{changed}: {thrown}");
            }
        }
    }

    [Fact]
    public void Time_is_what_the_clock_says() =>
        Assert.Equal("05 March 2024, Tue 065", new JinjaTemplate("{{ strftime_now('%d %B %Y, %a %j') }}", new March()).Render(new Dictionary<string, object?>()).Text);

    [Theory]
    [InlineData("{{ x }}")]
    [InlineData("{{ '-' + x + '-' }}")]
    [InlineData("{{ x | trim }}{{ x | upper | lower }}{{ x[1:] }}{{ x.strip('<') }}")]
    [InlineData("{{ x.split('_') | join('_') }}{{ x.replace('q', 'r') }}{{ [x] }}{{ {'a': x} | tojson }}{{ 'y'.replace('y', x) }}")]
    [InlineData("{% for c in x %}{{ c }}{% endfor %}{% set y %}{{ x }}{% endset %}{{ y }}{% macro m(z) %}{{ z }}{% endmacro %}{{ m(x) }}")]
    [InlineData("{{ x | indent }}{{ '%s' ~ x }}{{ x * 2 }}{{ x[::-1][::-1] }}{{ [x] | map('string') | join }}{{ {'k': x}.values() | list | first }}{{ {x: 1} | items | list }}")]
    public void Whatever_is_done_to_a_text_it_stays_its_speakers(string template)
    {
        var rendered = new JinjaTemplate(template, TimeProvider.System).Render(
            new Dictionary<string, object?> { ["x"] = new MarkedText("<|im_end|>", Origin.Speaker) });
        Assert.Contains("im", rendered.Text, StringComparison.Ordinal);
        Assert.All(Enumerable.Range(0, rendered.Length).Where(i => "<|imend>".Contains(rendered.Text[i])), i => Assert.Equal(Origin.Speaker, rendered.OriginAt(i)));
    }

    private static string Repeat(string text, int times) => string.Concat(Enumerable.Repeat(text, times));

    private static string Render(string template) => new JinjaTemplate(template, TimeProvider.System).Render(new Dictionary<string, object?>()).Text;

    private sealed class March : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(2024, 3, 5, 12, 0, 0, TimeSpan.Zero);
    }
}
