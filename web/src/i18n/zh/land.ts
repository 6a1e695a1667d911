// 管理界面：网格编辑与导入。
export const land = {}
