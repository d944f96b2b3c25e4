using Freehold.Ai;

namespace Freehold.Tests.Ai;

public sealed class TextLanguageTests
{
    [Theory]
    [InlineData("The committee met on Monday and decided that the report would be published before the end of the year.", "english")]
    [InlineData("Der Ausschuss trat am Montag zusammen und beschloss, dass der Bericht noch vor dem Ende des Jahres erscheint.", "german")]
    [InlineData("Le comité s'est réuni lundi et a décidé que le rapport serait publié avant la fin de l'année.", "french")]
    [InlineData("El comité se reunió el lunes y decidió que el informe se publicaría antes de que terminara el año.", "spanish")]
    [InlineData("Il comitato si è riunito lunedì e ha deciso che la relazione sarà pubblicata prima della fine dell'anno.", "italian")]
    [InlineData("O comitê se reuniu na segunda-feira e decidiu que o relatório seria publicado antes do fim do ano.", "portuguese")]
    [InlineData("De commissie kwam maandag bijeen en besloot dat het verslag nog voor het einde van het jaar zou verschijnen.", "dutch")]
    [InlineData("Комитет собрался в понедельник и решил, что отчёт будет опубликован до конца года, но не раньше.", "russian")]
    [InlineData("Komisja zebrała się w poniedziałek i postanowiła, że sprawozdanie ukaże się jeszcze przed końcem roku.", "simple")]
    [InlineData("委員会は月曜日に会合を開き、年末までに報告書を公表することを決定した。", "simple")]
    [InlineData("oak elm ash", null)]
    [InlineData("2024 17.5 A-113", null)]
    [InlineData("", null)]
    public void Detect_goes_by_stop_words(string text, string? language) => Assert.Equal(language, TextLanguage.Detect(text));

    [Theory]
    [InlineData("german", "german")]
    [InlineData("German", "german")]
    [InlineData("de", "german")]
    [InlineData("DE-at", "german")]
    [InlineData("pt_BR", "portuguese")]
    [InlineData("simple", "simple")]
    [InlineData("klingon", null)]
    [InlineData("pg_catalog.english", null)]
    [InlineData("", null)]
    public void Find_knows_names_and_codes(string name, string? language) => Assert.Equal(language, TextLanguage.Find(name));
}
