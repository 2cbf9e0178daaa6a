using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace InternPlatform.Pipelines.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class StepRounds : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<int>(
                name: "Round",
                table: "steps",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "Round",
                table: "steps");
        }
    }
}
