using InternPlatform.Contracts.Catalog;
using InternPlatform.Tests.Support;
using Xunit;

namespace InternPlatform.Services.Tests.Catalog;

/// <summary>Files whose objects are kept as they are.</summary>
public sealed class RecordImportTests
{
    [Theory]
    [InlineData("eval/exam/mmlu/test/abstract_algebra_test.csv", 100, "question,subject,choices,answer")]
    [InlineData("eval/exam/agieval_gaokao-geography.jsonl", 199, "passage,question,options,label,answer,other")]
    [InlineData("eval/reasoning/gsm8k_test_1-660.jsonl", 660, "question,answer")]
    [InlineData("eval/reasoning/gsm8k_model_solutions_1-660.jsonl", 660, null)]
    [InlineData("eval/language/xcopa/test.zh.jsonl", 500, "premise,choice1,choice2,question,label,idx,changed")]
    [InlineData("eval/language/blimp/adjunct_island.jsonl", 300, null)]
    [InlineData("eval/safety/bbq/Age.jsonl", 800, "example_id,question_index,question_polarity,context_condition,category,answer_info,additional_metadata,context,question,ans0,ans1,ans2,label")]
    [InlineData("eval/safety/xstest_odd_ids.csv", 225, "id,prompt,type,label,focus,note")]
    [InlineData("eval/knowledge/nq_open_dev.jsonl", null, "question,answer")]
    [InlineData("eval/subjective/mt_bench/question.jsonl", 80, null)]
    [InlineData("eval/subjective/mt_bench/reference_answer/gpt-4.jsonl", 30, null)]
    [InlineData("eval/understanding/xquad/xquad.zh.json", 1190, "title,context,answers,id,question")]
    public async Task A_file_of_questions_is_kept_as_records(string file, int? count, string? fields)
    {
        var read = await ReadRows.OfAsync(Path.GetFileName(file), await File.ReadAllBytesAsync(SharedData.Need(file), TestContext.Current.CancellationToken));

        Assert.Equal(0, read.RejectedRows);
        Assert.Equal(count ?? read.Rows.Count, read.Rows.Count);
        Assert.All(read.Rows, row => Assert.Equal("record", Assert.Single(row.EnumerateObject().ToList()).Name));
        var members = string.Join(',', read.Rows[0].GetProperty("record").EnumerateObject().Select(member => member.Name));
        Assert.Equal(fields ?? members, members);
    }

    [Fact]
    public async Task An_exam_question_has_its_choices_and_the_letter_of_the_right_one()
    {
        var read = await ReadRows.OfAsync("college_chemistry_dev.csv", "\"Which, of \"\"these\"\"?\",one,\"two, or\nthree\",4,5.0,C\n");

        Assert.Equal(
            """{"record":{"question":"Which, of \"these\"?","subject":"college_chemistry","choices":["one","two, or\nthree","4","5.0"],"answer":"C"}}""",
            read.Rows[0].GetRawText());
    }

    [Fact]
    public async Task A_table_with_names_gives_objects_with_numbers_and_texts()
    {
        var read = await ReadRows.OfAsync("a.csv", "id,,name,id\r\n1,007,\"Tom\",2.5\r\n\r\n2,x,1e400,-0\r\nbroken,\"row\r\n", "records");

        Assert.Equal(
            ["""{"record":{"id":1,"column2":"007","name":"Tom","id_4":2.5}}""", """{"record":{"id":2,"column2":"x","name":"1e400","id_4":-0}}"""],
            read.Rows.Select(row => row.GetRawText()));
        Assert.Equal(5, Assert.Single(read.Rejected).Line);
    }

    [Fact]
    public async Task A_row_of_another_width_is_kept_out_with_its_line()
    {
        var read = await ReadRows.OfAsync("a.csv", "name,text\na,b\nc\nd,e,f\ng,\"h\"i\nj,k\n");

        Assert.Equal(["b", "k"], read.Texts);
        Assert.Equal([3, 4, 5], read.Rejected.Select(row => row.Line));
    }

    [Fact]
    public async Task What_is_kept_can_be_said()
    {
        const string question = """{"question": "1 + 1?", "answer": "2", "id": [1, {"x": null}]}""";

        Assert.Equal("1 + 1?\n2", Assert.Single((await ReadRows.OfAsync("a.jsonl", question, "text")).Texts));
        Assert.Equal("""{"record":{"text":"a"}}""", Assert.Single((await ReadRows.OfAsync("a.json", """[{"text": "a"}]""", "records")).Rows).GetRawText());
        Assert.Equal("""{"record":{"question":"1 + 1?","answer":"2","id":[1,{"x":null}]}}""", Assert.Single((await ReadRows.OfAsync("a.jsonl", question)).Rows).GetRawText());
    }

    [Theory]
    [InlineData("""{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}""", "messages")]
    [InlineData("""{"instruction": "a", "output": "b", "question": "c", "answer": "d"}""", "messages")]
    [InlineData("""{"text": "a", "question": "c", "answer": "d"}""", "text")]
    [InlineData("""{"title": "a", "paragraphs": ["b"]}""", "text")]
    public async Task What_is_made_for_training_stays_text(string row, string member) =>
        Assert.True(Assert.Single((await ReadRows.OfAsync("a.jsonl", row)).Rows).TryGetProperty(member, out _));

    [Fact]
    public async Task What_is_no_record_is_kept_out_and_counted()
    {
        var deep = string.Concat(Enumerable.Repeat("[", 62)) + string.Concat(Enumerable.Repeat("]", 62));
        var read = await ReadRows.OfAsync("a.jsonl", $"{{\"a\": 1}}\n[1]\n\"x\"\n{{\"a\": {deep}}}\n{{\"a\": \"\\ud800\"}}\n{{\"a\": 2}}\n", "records");

        Assert.Equal(["""{"record":{"a":1}}""", """{"record":{"a":2}}"""], read.Rows.Select(row => row.GetRawText()));
        Assert.Equal([2, 3, 4, 5], read.Rejected.Select(row => row.Line));
    }

    [Fact]
    public void The_sample_source_is_checked()
    {
        Assert.Null(InternPlatform.Catalog.Import.SampleRows.Refusal(new SampleSource { Part = "questions", Documents = 200 }));
        Assert.Equal("sample.part", InternPlatform.Catalog.Import.SampleRows.Refusal(new SampleSource { Part = "dessert" })?.Field);
        Assert.Equal("sample.dirt", InternPlatform.Catalog.Import.SampleRows.Refusal(new SampleSource { Dirt = 0.6 })?.Field);
        Assert.Equal("sample.dirt", InternPlatform.Catalog.Import.SampleRows.Refusal(new SampleSource { Dirt = double.NaN })?.Field);
        Assert.Equal("sample.dirt", InternPlatform.Catalog.Import.SampleRows.Refusal(new SampleSource { Part = "tuning", Dirt = 0.1 })?.Field);
    }
}
